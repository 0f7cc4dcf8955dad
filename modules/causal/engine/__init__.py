"""The methods of Lift Causal, one file each: arrays in, frozen results out.

No framework, no storage, no clock. What cannot be analysed is refused with `InvalidData`, which names the field.
"""
