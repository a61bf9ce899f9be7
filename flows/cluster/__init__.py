"""The pool of workers that render clips, on Ray: the only place that knows Ray.

`open_pool` starts it, `Pool.submit` hands it the clips, `Pool.events` tells what happens. Ray is imported when the pool
starts, so importing this package is cheap.
"""

from flows.cluster.join import check_listening
from flows.cluster.pool import Pool, open_pool
from flows.cluster.renderers import RendererSpec, wan_renderer

__all__ = ["Pool", "RendererSpec", "check_listening", "open_pool", "wan_renderer"]
