"""How fast the product is, beside others. `make bench`; `make bench ARGS="--long --write FILE"`.

__main__.py    what is run, and the tables that come of it      report.py    figures, targets, ratios
whole_way.py   the product as `alrt run` starts it: pages, commit → last page, commit → browser
archive.py     stories archived by the worker from a source that answers at once
fanout.py      the fan-out's rows, each server in its turn
  servers.py     the servers: our_stream.py, peers/nchan.py, peers/tutorial.py
  load.py        the load generator            health.py   small requests beside the load
"""
