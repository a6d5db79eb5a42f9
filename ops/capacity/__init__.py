"""Will a pipeline keep up, what does it cost, what breaks first: a model, without a request."""
