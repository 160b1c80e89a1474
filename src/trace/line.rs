//! One record as one line: JSON with the CRC-32 of its other members in front.
//!
//! `{"crc":"1f0a77c2","seq":0,"at_ms":…,"event":…}` — the sum is over the line without the member
//! `crc`, so any JSON tool reads the journal and any change of a line shows.

use serde::Serialize;
use serde::de::DeserializeOwned;

const FRONT: &str = "{\"crc\":\"";
const DIGITS: usize = 8;

/// The line of a record, line end included.
pub(crate) fn write<T: Serialize>(record: &T) -> Result<String, String> {
    let body = serde_json::to_string(record).map_err(|it| it.to_string())?;
    let sum = crc32fast::hash(body.as_bytes());
    Ok(format!("{FRONT}{sum:08x}\",{}\n", &body[1..]))
}

/// The record of a line without its line end; what is wrong with it otherwise.
pub(crate) fn read<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    let text = str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
    let (sum, rest) = text
        .strip_prefix(FRONT)
        .and_then(|it| it.split_at_checked(DIGITS))
        .ok_or("it does not begin with a checksum")?;
    let sum = u32::from_str_radix(sum, 16).map_err(|_| "its checksum is not a number")?;
    let body = rest
        .strip_prefix("\",")
        .ok_or("it does not begin with a checksum")?;
    let body = format!("{{{body}");
    if crc32fast::hash(body.as_bytes()) != sum {
        return Err("its checksum does not match; it was altered or cut".to_owned());
    }
    serde_json::from_str(&body).map_err(|it| format!("it is no record: {it}"))
}
