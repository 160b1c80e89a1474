//! What is told of faulty workflow files, word by word.

use std::path::{Path, PathBuf};

use gaai::workflow::definition::load;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflows/bad");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn faulty_files_are_told_all_their_faults_with_place_and_remedy() {
    let mut told = String::new();
    for file in files() {
        let name = file.file_name().unwrap().to_str().unwrap();
        let faults = load(&std::fs::read_to_string(&file).unwrap(), name).unwrap_err();
        told.push_str(&format!("{faults}\n"));
    }
    insta::assert_snapshot!("faults", told);
}
