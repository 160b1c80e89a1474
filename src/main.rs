//! The program `gaai`: one call into the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    gaai::cli::main(std::env::args_os())
}
