//! How many requests the API takes.

use felt_sandbox::Sandbox;

use crate::client::{call, get};

#[tokio::test]
async fn what_is_too_much_is_told_when_to_come_again() {
    let sandbox = Sandbox::builder().rate_limit(3).start().await.unwrap();
    let path = "maps/demo/layers/cities/custom_exports/none";
    let answers: Vec<_> = (0..20).map(|_| call(&sandbox, "GET", path, b"")).collect();
    let refused = answers.iter().filter(|answer| answer.status == 429);
    // Twenty may have taken more than a second.
    assert!(refused.clone().count() > 3);
    for answer in refused {
        assert_eq!(answer.header("retry-after"), Some("1"));
        answer.json("JsonErrorResponse");
    }
    // The storage has no limit, and what it knows of is asked for in vain.
    for _ in 0..10 {
        assert_eq!(
            get(&format!("{}/x", sandbox.storage_url()), &[]).status,
            403
        );
    }
}
