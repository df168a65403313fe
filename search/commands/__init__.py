"""One module a command, each with `run(options) -> exit code`; heavy imports happen inside them."""
