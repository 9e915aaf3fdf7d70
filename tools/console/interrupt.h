// Ctrl-C as a flag: the handler only sets it; whoever runs something long looks at it and ends that
// in good order. Any thread.
#pragma once

namespace shale {

// From now on SIGINT sets the flag instead of ending the process, and
// writing to a closed pipe is an error instead of the end. With `once`, a second signal before the
// flag was taken ends the process at once, for the case that ending in good order hangs.
void CatchInterrupts(bool once);
bool InterruptPending();
// Reads and clears the flag.
bool TakeInterrupt();

}  // namespace shale
