//! The operator's own token, in a file that only its owner can read.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Reads the service token, or makes the file with a new one.
///
/// # Errors
/// A sentence that names the file.
pub fn open(file: &Path) -> Result<String, String> {
    let failed = |what: &str, error: &dyn std::fmt::Display| {
        format!("cannot {what} the service token in {}: {error}", file.display())
    };
    match std::fs::read_to_string(file) {
        Ok(text) if text.trim().len() >= 16 => Ok(text.trim().into()),
        Ok(_) => Err(failed("use", &"it has fewer than 16 characters; delete the file to get a new one")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder).map_err(|error| failed("store", &error))?;
            }
            let token = rand::random::<[u8; 32]>().iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            });
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut new = options.open(file).map_err(|error| failed("store", &error))?;
            writeln!(new, "{token}").map_err(|error| failed("store", &error))?;
            Ok(token)
        }
        Err(error) => Err(failed("read", &error)),
    }
}
