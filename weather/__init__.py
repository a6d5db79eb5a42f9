"""The demonstration: write weather records to the table, watch them reach cache and topic."""
