"""Runs one proxy script (PAC) for one host: words are host and port, the script comes on standard input.

A program of its own, without anything of ours, so that a script that never ends or eats memory can be killed.
"""

import sys


def main() -> int:
    import dukpy
    from dukpy.module_loader import JSModuleLoader
    from pypac.parser import PACFile

    # The script comes from the network: without this it could read our environment and any file (dukpy 0.6).
    dukpy.JSInterpreter._init_process = dukpy.JSInterpreter._init_require = lambda self: None
    JSModuleLoader._lookup = lambda *_: (None, None, None)
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (5, 5))
    except ImportError:
        pass  # Windows: whoever started this kills it
    host, port = sys.argv[1:]
    script = PACFile(sys.stdin.read())
    print(script.find_proxy_for_url(f"https://{host}:{port}/", host))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
