//! Messages on standard input and output: headers, a length, JSON.
//!
//! tower-lsp's own reader ends at the first message that is not understood, and
//! at `exit` it goes on to wait for input; this one does neither.

use serde::Deserialize;
use serde_json::Value;
use std::io::{self, BufRead, Read, Write};
use tower_lsp::jsonrpc::{Request, Response};

/// A message of the client.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A request or a notification.
    Request(Request),
    /// The answer to a request of the server.
    Response(Response),
    /// Something that is no message, and why.
    Nonsense(String),
}

/// Longer messages are not read: a text of 32 MiB, every byte of it escaped.
const LONGEST: usize = 256 << 20;

/// The next message; `None` at the end of the input.
pub(crate) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let mut len = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let header = line.trim_ascii();
        if header.is_empty() {
            break;
        }
        // In front of a header there may be what is left of nonsense.
        let header = String::from_utf8_lossy(header).to_ascii_lowercase();
        if let Some((_, value)) = header.rsplit_once("content-length:") {
            len = value.trim().parse::<usize>().ok();
        }
    }
    let Some(len) = len.filter(|len| *len <= LONGEST) else {
        let reason = "a message has no length that makes sense";
        return Ok(Some(Incoming::Nonsense(reason.to_owned())));
    };
    let mut body = Vec::new();
    if input.take(len as u64).read_to_end(&mut body)? < len {
        return Ok(None);
    }
    Ok(Some(parse(&body)))
}

fn parse(body: &[u8]) -> Incoming {
    let message = serde_json::from_slice::<Value>(body).and_then(|message| {
        // An answer has no method.
        match message.get("method") {
            Some(_) => Request::deserialize(message).map(Incoming::Request),
            None => Response::deserialize(message).map(Incoming::Response),
        }
    });
    message
        .unwrap_or_else(|error| Incoming::Nonsense(format!("a message is not understood: {error}")))
}

/// Writes a message.
pub(crate) fn write(output: &mut impl Write, body: &[u8]) -> io::Result<()> {
    write!(output, "Content-Length: {}\r\n\r\n", body.len())?;
    output.write_all(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_does_not_end_the_reading() {
        let good = r#"{"jsonrpc":"2.0","method":"a/b","params":{}}"#;
        let answer = r#"{"jsonrpc":"2.0","id":1,"result":null}"#;
        let frame = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
        let mut input = String::new();
        for bad in [
            "{",
            "null",
            "[1,2]",
            "",
            r#"{"jsonrpc":"1.0","method":"a"}"#,
            "\0",
        ] {
            input += &frame(bad);
            input += &frame(good);
        }
        input += "Nonsense: 1\r\n\r\n";
        input += &format!(
            "Content-Type: x\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        input += "Content-Length: 999\r\n\r\n{";
        let mut input = input.as_bytes();
        let (mut requests, mut nonsense, mut answers) = (0, 0, 0);
        while let Some(message) = read(&mut input).unwrap() {
            match message {
                Incoming::Request(request) => {
                    assert_eq!(request.method(), "a/b");
                    requests += 1;
                }
                Incoming::Response(_) => answers += 1,
                Incoming::Nonsense(_) => nonsense += 1,
            }
        }
        assert_eq!((requests, nonsense, answers), (6, 7, 1));
    }
}
