//! `nixamine lsp`.

use crate::args::{LogLevel, LspArgs};
use crate::run::Failure;
use nixamine_lsp::{Level, Options, serve};

pub(crate) fn lsp(args: &LspArgs) -> Result<u8, Failure> {
    let level = match args.log_level {
        LogLevel::Error => Level::Error,
        LogLevel::Warn => Level::Warn,
        LogLevel::Info => Level::Info,
        LogLevel::Debug => Level::Debug,
    };
    let options = Options {
        log_file: args.log_file.clone(),
        level,
    };
    serve(&options).map_err(|error| Failure::new(format_args!("the server cannot start: {error}")))
}
