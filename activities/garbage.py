"""Garbage (垃圾回收): a program loads thousands of things that all stay, and looks for garbage among them as seldom as may be.

Whatever is a program names this module before all others of this service: a quarter of its start was such looks.
"""

import gc

gc.set_threshold(50_000, 1000, 1000)


def settle() -> None:
    """What is loaded by now stays, so garbage is not looked for in it again; and for the rest less often.

    A search of everything would hold up whatever is due, the longer the more filings are held in memory.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
