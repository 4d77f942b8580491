// A classic worker, for LiteRT.js loads scripts that a module worker refuses. The work is in modules.
const engine = import("./engine.js");
onmessage = async (event) => (await engine).answer(event.data);
