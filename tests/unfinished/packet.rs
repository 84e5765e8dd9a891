//! Statements that are longer than the server takes.
