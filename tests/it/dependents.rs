//! A program outside the workspace that has the client generated from a spec of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

/// The program: a folder with a spec, and with what `openapi/README.md` says about it.
struct Program(tempfile::TempDir);

impl Program {
    fn new(source: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"program\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
                 felt-api = {{ path = {:?}, features = [\"generated\"] }}\n",
                root.join("felt-api")
            ),
        );
        let setting = "FELT_OPENAPI_DIR = { value = \"openapi\", relative = true }";
        write(".cargo/config.toml", &format!("[env]\n{setting}\n"));
        write("src/main.rs", source);
        let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap();
        write("Cargo.lock", &lock);
        write("openapi/ours.json", &spec(|_| {}));
        Self(folder)
    }

    fn spec(&self) -> PathBuf {
        self.0.path().join("openapi/ours.json")
    }

    fn check(&self) -> Output {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(self.0.path())
            .args(["check", "--offline", "--color", "never"])
            .env(
                "CARGO_TARGET_DIR",
                Path::new(env!("CARGO_TARGET_TMPDIR")).join("dependents"),
            )
            .env_remove("FELT_OPENAPI_DIR");
        cargo.output().unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Our spec, changed.
fn spec(change: impl Fn(&mut Value)) -> String {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/layer-exports.json");
    let mut spec = serde_json::from_str(&fs::read_to_string(ours).unwrap()).unwrap();
    change(&mut spec);
    spec.to_string()
}

const EXPORT: &str = "/api/v2/maps/{map_id}/layers/{layer_id}/custom_export";
const LINK: &str = "/api/v2/maps/{map_id}/layers/{layer_id}/get_export_link";

// One test: the builds share a target folder, and would wait for each other anyway.
#[test]
fn a_program_regenerates_without_a_fork() {
    let program = Program::new(
        "async fn renamed(client: &felt_api::Client) { let _ = client.generated().rename_map(\"m\").await; }\n\
         fn main() { let _ = renamed; let _ = felt_api::Client::from_env(); }\n",
    );

    // A newer spec: what it adds is reachable, and the facade is as it was.
    let newer = spec(|spec| {
        let parameter =
            json!({"in": "path", "name": "map_id", "required": true, "schema": {"type": "string"}});
        spec["paths"]["/api/v2/maps/{map_id}/rename"] = json!({"post": {
            "operationId": "rename_map", "parameters": [parameter], "responses": {"204": {"description": ""}},
        }});
        let link = &mut spec["components"]["schemas"]["ExportLink"];
        link["properties"]["expires_at"] = json!({"type": "string"});
        let params = &mut spec["components"]["schemas"]["CustomExportParams"];
        params["properties"]["crs"] = json!({"type": "string"});
    });
    fs::write(program.spec(), newer).unwrap();
    let output = program.check();
    assert!(output.status.success(), "{}", said(&output));

    // One on which the facade cannot stand: a sentence, and no page of the compiler's.
    let mut sentences = String::new();
    for broken in [
        spec(|spec| {
            spec["paths"].as_object_mut().unwrap().remove(EXPORT);
        }),
        spec(|spec| {
            spec["paths"][LINK]["get"]["operationId"] = "get_link".into();
            let link = &mut spec["components"]["schemas"]["CustomExportRequestStatus"];
            link["properties"]["status"] = json!({"type": "integer"});
            let content = &mut spec["paths"][EXPORT]["post"]["requestBody"]["content"];
            *content = json!({"application/x-www-form-urlencoded": content["application/json"]});
        }),
        spec(|spec| {
            // What was one value has become an object.
            let object = json!({"type": "object", "properties": {"id": {"type": "string"}}});
            let schemas = &mut spec["components"]["schemas"];
            schemas["FeltID"] = object.clone();
            schemas["CustomExportParams"]["properties"]["output_format"] = object;
        }),
        spec(|spec| {
            let parameter = json!({"in": "query", "name": "force", "required": true, "schema": {"type": "boolean"}});
            let parameters = &mut spec["paths"][EXPORT]["post"]["parameters"];
            parameters.as_array_mut().unwrap().push(parameter);
        }),
        spec(|spec| {
            let params = &mut spec["components"]["schemas"]["CustomExportParams"];
            params["properties"]["crs"] = json!({"type": "string"});
            params["required"]
                .as_array_mut()
                .unwrap()
                .push("crs".into());
            params["properties"]["filters"] = json!({"type": "string"});
            params["properties"]
                .as_object_mut()
                .unwrap()
                .remove("email_on_completion");
        }),
        spec(|spec| {
            // The ids have changed places.
            let link = spec["paths"].as_object_mut().unwrap().remove(LINK).unwrap();
            spec["paths"]["/api/v2/layers/{layer_id}/maps/{map_id}/get_export_link"] = link;
            let responses = spec["paths"][EXPORT]["post"]["responses"]
                .as_object_mut()
                .unwrap();
            responses.retain(|status, _| status == "200");
            let schemas = &mut spec["components"]["schemas"];
            schemas["CustomExportParams"]["properties"]["output_format"] =
                json!({"type": "integer"});
            schemas["CustomExportResponse"]["required"] = json!([]);
        }),
    ] {
        fs::write(program.spec(), broken).unwrap();
        let output = program.check();
        let said = said(&output);
        assert!(!output.status.success());
        assert!(!said.contains("error[E"), "{said}");
        let sentence = said
            .lines()
            .find(|line| line.contains("felt-api cannot be built"));
        let sentence = sentence.unwrap_or_else(|| panic!("{said}"));
        let folder = program.0.path().display().to_string();
        sentences.push_str(&sentence.replace(&folder, "[folder]"));
        sentences.push('\n');
    }
    insta::assert_snapshot!(sentences);
}
