//! Reading one file: UTF-8 or a reason why not.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Larger files are not read at all; the engine has a lower limit of its own
/// for what it parses.
pub const MAX_BYTES: u64 = 64 << 20;

/// Reads a file as text. A byte order mark stays in the text.
///
/// # Errors
/// With the reason, for a person, when the file cannot be read or is no UTF-8.
pub fn read(path: &Path) -> Result<String, String> {
    decode(read_bytes(path)?)
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    // Asked before opening, since opening a named pipe would wait for a writer.
    let metadata = fs::metadata(path).map_err(|error| io_reason(path, &error))?;
    if metadata.is_dir() {
        return Err("a folder, not a file".to_owned());
    }
    if !metadata.is_file() {
        return Err("not a regular file; pipe its text into `--stdin` instead".to_owned());
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(MAX_BYTES) as usize + 1);
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| io_reason(path, &error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!(
            "larger than {} MiB; list it under `exclude` in nixamine.toml",
            MAX_BYTES >> 20
        ));
    }
    Ok(bytes)
}

/// The text that `bytes` hold.
///
/// # Errors
/// With the reason, for a person, when they are no UTF-8 text.
pub fn decode(bytes: Vec<u8>) -> Result<String, String> {
    const EXCLUDE: &str = "list it under `exclude` in nixamine.toml";
    if bytes.starts_with(b"\0GITCRYPT\0") {
        return Err(format!(
            "encrypted by git-crypt; run `git-crypt unlock` or {EXCLUDE}"
        ));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(format!(
            "UTF-16 text; Nix wants UTF-8, so convert it or {EXCLUDE}"
        ));
    }
    if bytes.contains(&0) {
        return Err(format!("binary file (it holds NUL bytes); {EXCLUDE}"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes[..at].iter().filter(|&&byte| byte == b'\n').count() + 1;
        format!(
            "not UTF-8 (byte 0x{:02x} in line {line}); convert it to UTF-8 or {EXCLUDE}",
            bytes[at]
        )
    })
}

/// Why the system could not read `path`, for a person.
pub(crate) fn io_reason(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => {
            "a symbolic link that points to nothing".to_owned()
        }
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; change its mode or list it under `exclude` in nixamine.toml"
                .to_owned()
        }
        _ => {
            // "Is a directory (os error 21)" says the same without its number.
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            format!("cannot be read: {text}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_bad_bytes_has_its_reason() {
        for (bytes, reason) in [
            (&b"\0GITCRYPT\0\x01\x02"[..], "git-crypt"),
            (b"{ a = \0; }", "NUL"),
            (b"\xff\xfe{\0}\0", "UTF-16"),
            (b"{\n a = \"\xe4\"; }", "byte 0xe4 in line 2"),
        ] {
            let error = decode(bytes.to_vec()).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
        assert_eq!(decode("\u{feff}{ }".into()).unwrap(), "\u{feff}{ }");
    }

    #[test]
    fn what_is_no_file_has_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let reason = |name: &str| read(&folder.path().join(name)).unwrap_err();
        assert!(reason("absent.nix").contains("no such file"));
        fs::create_dir(folder.path().join("folder.nix")).unwrap();
        assert!(reason("folder.nix").contains("a folder"));
        let huge = File::create(folder.path().join("huge.nix")).unwrap();
        huge.set_len(MAX_BYTES + 1).unwrap();
        assert!(reason("huge.nix").contains("larger than 64 MiB"));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("nowhere", folder.path().join("link.nix")).unwrap();
            assert!(reason("link.nix").contains("points to nothing"));
        }
    }
}
