"""An OpenRouter look-alike over real HTTP on loopback.

It is the upstream of the site while no key is set (the demo), and the upstream of all tests. It never pretends to be
the model or a real provider: its provider is named "Simulator", and its answers say where they come from. `directives`
lists the scripts by which an answer can be made to go slow, break or lie; `docs/simulator.md` shows them in use.

    simulator = Simulator(control=True, pace=0)
    await simulator.start()
    ...  # http://127.0.0.1:PORT/api/v1 is simulator.base_url
    await simulator.stop()
"""

from chatapp.simulator.server import Simulator

__all__ = ["Simulator"]
