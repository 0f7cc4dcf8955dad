from hypothesis import settings

# A machine that does other things beside may take its time; what counts is the answer.
settings.register_profile("causal", deadline=None)
settings.load_profile("causal")
