"""`python -m examples.demo` starts the demo."""

import sys

from examples.demo.app import main

sys.exit(main(sys.argv[1:]))
