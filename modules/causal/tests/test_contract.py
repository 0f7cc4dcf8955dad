from lift_sdk.testing.conformance import *  # noqa: F403 - the checks of every module
