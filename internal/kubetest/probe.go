package kubetest

import (
	"k8s.io/apimachinery/pkg/util/intstr"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
)

// HTTPProbe asks for a path at a port of the container, by its name, every second, and fails with the second failure.
func HTTPProbe(path, port string) *corev1ac.ProbeApplyConfiguration {
	return eachSecond().WithHTTPGet(corev1ac.HTTPGetAction().WithPath(path).WithPort(intstr.FromString(port)))
}

// TCPProbe connects as often.
func TCPProbe(port string) *corev1ac.ProbeApplyConfiguration {
	return eachSecond().WithTCPSocket(corev1ac.TCPSocketAction().WithPort(intstr.FromString(port)))
}

func eachSecond() *corev1ac.ProbeApplyConfiguration {
	return corev1ac.Probe().WithPeriodSeconds(1).WithFailureThreshold(2)
}
