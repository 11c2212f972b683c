//! Makes of what the compiler made the JavaScript, the declarations and the WASM of
//! the package: the generator of wasm-bindgen, and nothing else.

use std::error::Error;
use std::path::PathBuf;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    match &*arguments {
        [version] if version.as_os_str() == "--version" => {
            println!("nixamine-bindgen {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        [input, folder] => {
            let mut bindgen = Bindgen::new();
            bindgen
                .web(true)?
                .typescript(true)
                .omit_default_module_path(false);
            bindgen.input_path(input).out_name("nixamine");
            bindgen.remove_name_section(true);
            Ok(bindgen.generate(folder)?)
        }
        _ => Err("usage: nixamine-bindgen INPUT.wasm FOLDER | --version".into()),
    }
}
