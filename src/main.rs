//! The program `gaai`: one call into the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Guardian and launcher of child processes are this program with words of its own.
    gaai::process::entered(std::env::args_os()).unwrap_or_else(|| gaai::cli::main(std::env::args_os()))
}
