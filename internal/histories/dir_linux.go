package histories

// tempParent is where the namespaces of the tests are: in shared memory.
const tempParent = "/dev/shm"
