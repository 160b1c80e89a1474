//! SQL pool and migrations shared by the rooms that keep tables.
