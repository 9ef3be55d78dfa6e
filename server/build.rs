//! The migrations are compiled in; cargo does not see a new file among them by itself. The API's document is compiled in as JSON, too.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=migrations");
    let document = "../api/openapi.yaml";
    println!("cargo:rerun-if-changed={document}");
    let parsed: serde_json::Value = serde_yaml_ng::from_str(&std::fs::read_to_string(document)?)?;
    let json = Path::new(&std::env::var("OUT_DIR")?).join("openapi.json");
    std::fs::write(json, serde_json::to_string(&parsed)?)?;
    Ok(())
}
