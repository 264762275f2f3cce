"""The product with one number changed: cards need not keep half a minute apart, so that a hundred take minutes.

Everything else on the way of a notice, and every other limit of pop-ups, is as in the product.
"""

from __future__ import annotations

import sys

from benchside.cli.app import main
from benchside.protocol.flow import popups

if __name__ == "__main__":
    popups.CARDS_APART_S = 0.0
    sys.exit(main())
