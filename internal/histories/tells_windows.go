package histories

// tellsAll is whether the list of objects tells everything that the model
// knows. Windows does not tell who has an object open and who waits, nor
// everything about timers, and has no anonymous objects in the list; and it has
// neither permanent objects nor permits that come back.
const tellsAll = false
