//! The code that performs stages: typed in, typed out, never run state.
