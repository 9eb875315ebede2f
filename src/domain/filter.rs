//! The filter language: text in, items out.
