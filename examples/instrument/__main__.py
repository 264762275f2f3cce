"""`python -m examples.instrument` starts the simulator."""

import sys

from examples.instrument.app import main

sys.exit(main(sys.argv[1:]))
