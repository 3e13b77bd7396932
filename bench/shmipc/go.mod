module github.com/winsys-go/ipc/bench/shmipc

go 1.25.0

require (
	github.com/cloudwego/shmipc-go v0.2.0
	github.com/winsys-go/ipc v0.0.0
)

replace github.com/winsys-go/ipc => ../..
