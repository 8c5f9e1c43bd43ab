// Command plane is a Kubernetes control plane in one executable: etcd, the API server, the
// controller manager and the scheduler, each started as `plane <component> <its usual flags>`,
// and a simulator of what a cloud does for a cluster.
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const usage = "usage: plane etcd|kube-apiserver|kube-controller-manager|kube-scheduler|cloud-simulator [flags]"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	component := os.Args[1]
	arguments := append([]string{component}, os.Args[2:]...)
	os.Args = arguments
	switch component {
	case "etcd":
		etcdmain.Main(arguments)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllermanager.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "cloud-simulator":
		os.Exit(runSimulator(arguments[1:]))
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
}
