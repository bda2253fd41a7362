//! `openapi/`, or the folder that `FELT_OPENAPI_DIR` names, becomes `$OUT_DIR/generated.rs`.

#[cfg(feature = "codegen")]
fn main() -> std::process::ExitCode {
    felt_api_codegen::build_script(std::path::Path::new("openapi"))
}

#[cfg(not(feature = "codegen"))]
fn main() {
    println!("cargo::rerun-if-env-changed=FELT_OPENAPI_DIR");
    if std::env::var_os("FELT_OPENAPI_DIR").is_some() {
        println!(
            "cargo::error=FELT_OPENAPI_DIR is set, but the feature `codegen` is off: \
             switch it on to generate from that folder, or unset the variable"
        );
    }
}
