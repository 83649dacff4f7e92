package conformance

// builtins are the objects that each device has, with all fields that were seen
// on 14.1.2.1: names and JSON types only. They tell what an object of the kind
// shows when nobody has changed it.
var builtins = []struct {
	what, source string
	path         string
	shape        shape
}{
	{"The built-in ICMP monitor", "3.9", "/ltm/monitor/icmp/~Common~icmp", `
		string: kind name fullPath selfLink partition
		number: generation
		string: adaptive adaptiveDivergenceType destination manualResume transparent
		number: adaptiveDivergenceValue adaptiveLimit adaptiveSamplingTimespan interval timeUntilUp timeout upInterval`},
	{"The built-in gateway ICMP monitor", "3.9", "/ltm/monitor/gateway-icmp/~Common~gateway_icmp", `
		string: kind name fullPath selfLink partition
		number: generation
		string: adaptive adaptiveDivergenceType destination manualResume transparent
		number: adaptiveDivergenceValue adaptiveLimit adaptiveSamplingTimespan interval timeUntilUp timeout upInterval`},
	{"The built-in half-open TCP monitor", "3.9", "/ltm/monitor/tcp-half-open/~Common~tcp_half_open", `
		string: kind name fullPath selfLink partition
		number: generation
		string: destination manualResume transparent
		number: interval timeUntilUp timeout upInterval`},
	{"The built-in HTTP monitor", "3.9", "/ltm/monitor/http/~Common~http", `
		string: kind name fullPath selfLink partition
		number: generation
		string: adaptive adaptiveDivergenceType destination manualResume reverse send transparent
		number: adaptiveDivergenceValue adaptiveLimit adaptiveSamplingTimespan interval ipDscp timeUntilUp timeout upInterval`},
	{"The built-in HTTPS monitor", "3.9", "/ltm/monitor/https/~Common~https", `
		string: kind name fullPath selfLink partition
		number: generation
		string: adaptive adaptiveDivergenceType destination manualResume reverse send transparent
		number: adaptiveDivergenceValue adaptiveLimit adaptiveSamplingTimespan interval ipDscp timeUntilUp timeout upInterval`},
	{"The built-in TCP monitor", "3.9", "/ltm/monitor/tcp/~Common~tcp", `
		string: kind name fullPath selfLink partition
		number: generation
		string: adaptive adaptiveDivergenceType destination manualResume reverse transparent
		number: adaptiveDivergenceValue adaptiveLimit adaptiveSamplingTimespan interval ipDscp timeUntilUp timeout upInterval`},
	{"The built-in cookie persistence", "3.10", "/ltm/persistence/cookie/~Common~cookie", `
		string: kind name fullPath selfLink partition
		number: generation
		string: alwaysSend appService cookieEncryption cookieName defaultsFrom description encryptCookiePoolname expiration httponly
		string: matchAcrossPools matchAcrossServices matchAcrossVirtuals method mirror overrideConnectionLimit secure timeout
		number: hashLength hashOffset`},
	{"The built-in source address persistence", "3.10", "/ltm/persistence/source-addr/~Common~source_addr", `
		string: kind name fullPath selfLink partition
		number: generation
		string: appService defaultsFrom description hashAlgorithm mapProxies mapProxyAddress mapProxyClass mask matchAcrossPools
		string: matchAcrossServices matchAcrossVirtuals mirror overrideConnectionLimit timeout`},
	{"The built-in HTTP profile", "3.11", "/ltm/profile/http/~Common~http", `
		string: kind name fullPath selfLink partition
		number: generation
		string: acceptXff appService basicAuthRealm defaultsFrom description enforcement.excessClientHeaders enforcement.excessServerHeaders
		string: enforcement.oversizeClientHeaders enforcement.oversizeServerHeaders enforcement.pipeline enforcement.truncatedRedirects
		string: enforcement.unknownMethod explicitProxy.badRequestMessage explicitProxy.badResponseMessage explicitProxy.connectErrorMessage
		string: explicitProxy.defaultConnectHandling explicitProxy.dnsErrorMessage explicitProxy.dnsResolver explicitProxy.ipv6
		string: explicitProxy.routeDomain explicitProxy.tunnelName fallbackHost headerErase headerInsert hsts.includeSubdomains hsts.mode
		string: hsts.preload insertXforwardedFor lwsSeparator oneconnectStatusReuse oneconnectTransformations proxyType redirectRewrite
		string: requestChunking responseChunking serverAgentName sflow.pollIntervalGlobal sflow.samplingRateGlobal viaHostName viaRequest
		string: viaResponse
		number: enforcement.maxHeaderCount enforcement.maxHeaderSize enforcement.maxRequests hsts.maximumAge lwsWidth sflow.pollInterval
		number: sflow.samplingRate
		list: encryptCookies enforcement.knownMethods explicitProxy.hostNames fallbackStatusCodes responseHeadersPermitted xffAlternativeNames
		object: enforcement explicitProxy hsts sflow`},
	{"The built-in HTTP/2 profile", "3.11", "/ltm/profile/http2/~Common~http2", `
		string: kind name fullPath selfLink partition
		number: generation
		string: appService defaultsFrom description enforceTlsRequirements includeContentLength insertHeader insertHeaderName
		number: concurrentStreamsPerConnection connectionIdleTimeout frameSize headerTableSize receiveWindow writeSize
		list: activationModes`},
	{"The built-in TCP profile", "3.11", "/ltm/profile/tcp/~Common~tcp", `
		string: kind name fullPath selfLink partition
		number: generation
		string: abc ackOnPush appService autoProxyBufferSize autoReceiveWindowSize autoSendBufferSize cmetricsCache congestionControl defaultsFrom
		string: deferredAccept delayWindowControl delayedAcks description dsack earlyRetransmit ecn enhancedLossRecovery fastOpen
		string: hardwareSynCookie ipDfMode ipTosToClient ipTtlMode limitedTransmit linkQosToClient md5Signature mptcp mptcpCsum mptcpCsumVerify
		string: mptcpDebug mptcpFallback mptcpFastjoin mptcpMakeafterbreak mptcpNojoindssack nagle proxyMss proxyOptions pushFlag ratePace
		string: resetOnTimeout selectiveAcks selectiveNack slowStart synCookieEnable synCookieWhitelist tailLossProbe tcpOptions timeWaitRecycle
		string: timeWaitTimeout timestamps verifiedAccept
		number: closeWaitTimeout cmetricsCacheTimeout fastOpenCookieExpiration finWaitTimeout finWait_2Timeout idleTimeout initCwnd initRwnd
		number: ipTtlV4 ipTtlV6 keepAliveInterval maxRetrans maxSegmentSize minimumRto mptcpIdleTimeout mptcpJoinMax mptcpRtomax mptcpRxmitmin
		number: mptcpSubflowmax mptcpTimeout pktLossIgnoreBurst pktLossIgnoreRate proxyBufferHigh proxyBufferLow ratePaceMaxRate receiveWindowSize
		number: rexmtThresh sendBufferSize synMaxRetrans synRtoBase zeroWindowTimeout`},
	{"The built-in UDP profile", "3.11", "/ltm/profile/udp/~Common~udp", `
		string: kind name fullPath selfLink partition
		number: generation
		string: allowNoPayload appService datagramLoadBalancing defaultsFrom description idleTimeout ipDfMode ipTosToClient ipTtlMode
		string: linkQosToClient noChecksum proxyMss
		number: bufferMaxBytes bufferMaxPackets ipTtlV4 ipTtlV6 sendBufferSize`},
	{"The built-in FastL4 profile", "3.11", "/ltm/profile/fastl4/~Common~fastL4", `
		string: kind name fullPath selfLink partition
		number: generation
		string: appService defaultsFrom description explicitFlowMigration hardwareSynCookie idleTimeout ipDfMode ipTosToClient ipTosToServer
		string: ipTtlMode keepAliveInterval lateBinding linkQosToClient linkQosToServer looseClose looseInitialization otherPvaOffloadDirection
		string: otherPvaWhentoOffload priorityToClient priorityToServer pvaAcceleration pvaFlowAging pvaFlowEvict pvaOffloadDynamic
		string: pvaOffloadState reassembleFragments resetOnTimeout rttFromClient rttFromServer serverSack serverTimestamp softwareSynCookie
		string: synCookieEnable synCookieWhitelist tcpCloseTimeout tcpGenerateIsn tcpHandshakeTimeout tcpPvaWhentoOffload tcpStripSack
		string: tcpTimestampMode tcpWscaleMode timeoutRecovery
		number: clientTimeout ipTtlV4 ipTtlV6 mssOverride otherPvaClientpktsThreshold otherPvaServerpktsThreshold pvaDynamicClientPackets
		number: pvaDynamicServerPackets receiveWindowSize synCookieMss tcpTimeWaitTimeout`},
	{"The built-in client SSL profile", "3.11", "/ltm/profile/client-ssl/~Common~clientssl", `
		string: kind name fullPath selfLink partition
		number: generation
		string: alertTimeout allowDynamicRecordSizing allowExpiredCrl allowNonSsl appService authenticate bypassOnClientCertFail
		string: bypassOnHandshakeAlert c3dDropUnknownOcspStatus c3dOcsp caFile cert certLookupByIpaddrPort chain cipherGroup ciphers clientCertCa
		string: crlFile defaultsFrom description destinationIpBlacklist destinationIpWhitelist forwardProxyBypassDefaultAction genericAlert
		string: handshakeTimeout hostnameBlacklist hostnameWhitelist inheritCaCertkeychain inheritCertkeychain key maxActiveHandshakes
		string: maxAggregateRenegotiationPerMinute modSslMethods mode notifyCertStatusToVirtualServer ocspStapling peerCertMode
		string: peerNoRenegotiateTimeout proxyCaCert proxyCaKey proxySsl proxySslPassthrough renegotiateMaxRecordDelay renegotiatePeriod
		string: renegotiateSize renegotiation retainCertificate secureRenegotiation serverName sessionMirroring sessionTicket sniDefault
		string: sniRequire sourceIpBlacklist sourceIpWhitelist sslC3d sslForwardProxy sslForwardProxyBypass sslForwardProxyVerifiedHandshake
		string: sslSignHash strictResume tmOptions uncleanShutdown
		number: authenticateDepth cacheSize cacheTimeout certLifespan maxRenegotiationsPerMinute maximumRecordSize sessionTicketTimeout
		list: certExtensionIncludes certKeyChain
		link: certReference keyReference`},
	{"The built-in server SSL profile", "3.11", "/ltm/profile/server-ssl/~Common~serverssl", `
		string: kind name fullPath selfLink partition
		number: generation
		string: alertTimeout allowExpiredCrl appService authenticate authenticateName bypassOnClientCertFail bypassOnHandshakeAlert c3dCaCert
		string: c3dCaKey caFile cert chain cipherGroup ciphers crl crlFile defaultsFrom description expireCertResponseControl genericAlert
		string: handshakeTimeout key maxActiveHandshakes modSslMethods mode ocsp peerCertMode proxySsl proxySslPassthrough renegotiatePeriod
		string: renegotiateSize renegotiation retainCertificate secureRenegotiation serverName sessionMirroring sessionTicket sniDefault
		string: sniRequire sslC3d sslForwardProxy sslForwardProxyBypass sslForwardProxyVerifiedHandshake sslSignHash strictResume tmOptions
		string: uncleanShutdown untrustedCertResponseControl
		number: authenticateDepth c3dCertLifespan cacheSize cacheTimeout
		list: c3dCertExtensionCustomOids c3dCertExtensionIncludes`},
	{"The built-in OneConnect profile", "3.11", "/ltm/profile/one-connect/~Common~oneconnect", `
		string: kind name fullPath selfLink partition
		number: generation
		string: appService defaultsFrom description idleTimeoutOverride limitType sharePools sourceMask
		number: maxAge maxReuse maxSize`},
	{"The built-in WebSocket profile", "3.11", "/ltm/profile/websocket/~Common~websocket", `
		string: kind name fullPath selfLink partition
		number: generation
		string: appService defaultsFrom description masking`},
	{"Route domain 0", "3.14", "/net/route-domain/~Common~0", `
		string: kind name fullPath selfLink partition
		number: generation
		string: strict throughputCapacity
		number: connectionLimit id
		list: vlans vlansReference`},
	{"The folder Common", "3.13", "/sys/folder/~Common", `
		string: kind name fullPath selfLink
		number: generation
		string: deviceGroup hidden inheritedDevicegroup inheritedTrafficGroup noRefCheck subPath trafficGroup
		link: trafficGroupReference`},
	{"The partition Common", "3.13", "/auth/partition/Common", `
		string: kind name fullPath selfLink
		number: generation
		string: description
		number: defaultRouteDomain`},
	{"The provisioning of LTM", "3.17", "/sys/provision/ltm", `
		string: kind name fullPath selfLink
		number: generation
		string: level
		number: cpuRatio diskRatio memoryRatio`},
	{"Traffic group 1", "3.16", "/cm/traffic-group/~Common~traffic-group-1", `
		string: kind name fullPath selfLink partition
		number: generation
		string: autoFailbackEnabled failoverMethod isFloating mac
		number: autoFailbackTime haLoadFactor unitId
		object: monitor`},
	{"The device itself", "3.16", "/cm/device", `
		string: kind name fullPath selfLink partition
		number: generation
		string: alternateIp baseMac build cert chassisId chassisType configsyncIp edition failoverState hostname key managementIp marketingName
		string: mgmtUnicastMode mirrorIp mirrorSecondaryIp multicastIp platformId product selfDevice timeZone version
		number: haCapacity multicastPort
		list: activeModules optionalModules
		link: certReference keyReference`},
	{"The first-match strategy", "3.6", "/ltm/policy-strategy/~Common~first-match", `
		string: kind name fullPath selfLink partition
		number: generation
		string: strategy
		link: operandsReference`},
}

// builtinCases compare them. Other releases have some fields more, or fewer.
func builtinCases() []Case {
	cases := make([]Case, 0, len(builtins))
	for _, b := range builtins {
		cases = append(cases, Case{
			Name: b.what + " shows these fields, in these types", Must: "Show " + mustShow(b.shape),
			Source: b.source, Confidence: Recorded, Versions: Versions{From: "14.1", Before: "15.0"}, Test: func(c *Check) {
				o := c.Get(b.path)
				if items := list(o["items"]); len(items) > 0 {
					o, _ = items[0].(Object)
				}
				c.shaped(b.shape, o, true)
			},
		})
	}
	return cases
}
