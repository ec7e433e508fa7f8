"""Price response: what the plan wants of the homeowner's own devices, carried out under leases.

``model`` says what a response is, one file a kind how a plan's step becomes entity actions, ``manual`` tells
a person's change from an echo, ``running`` carries one response out, ``responses`` all of an entry's.
"""
