//! `Report` to bytes: Markdown, HTML, text and JSON. Asks no model.
