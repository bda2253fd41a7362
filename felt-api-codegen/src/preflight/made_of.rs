//! What schemas are made of, looked up once: in a long chain of `allOf`, each is asked for all below it.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::document::{Kind, Node, join, list, target};

/// The parts of the `allOf` of each schema, by their numbers among the nodes of a spec.
pub(super) struct MadeOf {
    numbers: HashMap<String, usize>,
    parts: Vec<Vec<usize>>,
}

impl MadeOf {
    pub fn new(spec: &Value, nodes: &[Node<'_>]) -> Self {
        let schemas = || {
            let nodes = nodes.iter().enumerate();
            nodes.filter(|(_, node)| node.kind == Kind::Schema)
        };
        let numbers: HashMap<_, _> = schemas()
            .map(|(number, node)| (node.pointer.clone(), number))
            .collect();
        let mut parts = vec![Vec::new(); nodes.len()];
        for (number, node) in schemas() {
            let all_of = join(&node.pointer, "allOf");
            let count = list(node.value, "allOf").len();
            let ends = (0..count).filter_map(|index| target(spec, &format!("{all_of}/{index}")));
            if let Some(parts) = parts.get_mut(number) {
                parts.extend(ends.filter_map(|end| numbers.get(&end)));
            }
        }
        Self { numbers, parts }
    }

    /// A schema that is no reference, the parts of its `allOf`, and theirs, each once.
    pub fn all(&self, pointer: &str) -> Vec<usize> {
        let mut open: Vec<_> = self.numbers.get(pointer).copied().into_iter().collect();
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        while let Some(number) = open.pop() {
            if seen.insert(number) {
                found.push(number);
                open.extend(self.parts.get(number).into_iter().flatten().rev());
            }
        }
        found
    }
}
