"""Runs one proxy script (PAC) for one host: words are host and port, the script comes on standard input.

A program of its own, without anything of ours, so that a script that never ends or eats memory can be killed.
"""

import sys


def main() -> int:
    from pypac.parser import PACFile  # FindProxyForURL in Duktape: no files, no network but DNS

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
