//! What is known about all runs, with lineage; can be rebuilt from journals.
