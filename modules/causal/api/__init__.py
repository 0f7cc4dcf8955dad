"""The HTTP side of Lift Causal: requests into the engine, its results into the organisation's memory and the answer."""
