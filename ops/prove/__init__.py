"""Ask AWS and Momento whether they behave as the engine predicts: the command prove."""
