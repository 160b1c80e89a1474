//! Fuzz target for documents: any bytes are refused or give passages that keep their law.

use gaai::documents::from_bytes;

use crate::documents::check_passages;

#[test]
fn any_bytes_are_refused_or_give_lawful_passages() {
    bolero::check!()
        .with_iterations(2000)
        .with_max_len(400)
        .for_each(|bytes: &[u8]| {
            for name in ["fuzz.md", "fuzz.txt"] {
                if let Ok(document) = from_bytes(bytes, name, 1) {
                    check_passages(&document);
                }
            }
        });
}
