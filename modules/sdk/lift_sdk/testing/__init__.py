"""What a module's tests need: a platform in memory, tokens, the module as a process, the contract's checks."""

from lift_sdk.testing.loopback import LoopbackServer
from lift_sdk.testing.platform import Platform
from lift_sdk.testing.process import ModuleProcess
from lift_sdk.testing.signing import SigningKey, module_claims, unsigned

__all__ = ["LoopbackServer", "ModuleProcess", "Platform", "SigningKey", "module_claims", "unsigned"]
