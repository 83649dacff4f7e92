package main

// scripts say for each release how the simulator comes to have what the devices
// had when they were recorded, with the same options, and read it. A line is a
// request: method, path (below /mgmt/tm unless it begins with /mgmt), body. What
// GET answers is compared. UPLOAD sends a certificate or a key that the test makes.
//
// A collection shows the built-in objects too, as it did when it was recorded.
var scripts = map[string]string{
	"11.5.4": `
POST /ltm/pool {"name":"/Common/p","description":"x","monitor":"min 1 of /Common/http /Common/inband","serviceDownAction":"reselect"}
GET  /ltm/pool/~Common~p
POST /ltm/pool {"name":"/Common/q","members":["/Common/192.0.2.1:80"]}
GET  /ltm/pool/~Common~q/members/~Common~192.0.2.1:80`,

	"11.6.0": `
POST /ltm/pool {"name":"/Common/p"}
GET  /ltm/pool/~Common~p
GET  /cm/sync-status
POST /ltm/snatpool {"name":"/Common/s","members":["/Common/192.0.2.1"]}
GET  /ltm/snatpool
POST /net/route-domain {"name":"/Common/44","id":44}
GET  /net/route-domain
POST /ltm/virtual {"name":"/Common/v","destination":"/Common/192.0.2.2:80"}
GET  /ltm/virtual-address/~Common~192.0.2.2
POST /ltm/profile/one-connect {"name":"/Common/o","defaultsFrom":"/Common/oneconnect"}
GET  /ltm/profile/one-connect/~Common~o
POST /ltm/profile/server-ssl {"name":"/Common/s","defaultsFrom":"/Common/serverssl","cert":"/Common/default.crt","key":"/Common/default.key","chain":"/Common/default.crt","alertTimeout":"10"}
GET  /ltm/profile/server-ssl/~Common~s`,

	"12.0.0": `
POST /ltm/pool {"name":"/Common/p","monitor":"/Common/http and /Common/https","metadata":[{"name":"x","value":"2.4"}]}
GET  /ltm/pool/~Common~p
POST /ltm/node {"name":"/Common/n","fqdn":{"tmName":"www.example.com","autopopulate":"enabled"}}
GET  /ltm/node/~Common~n
POST /ltm/rule {"name":"/Common/r","apiAnonymous":"when CLIENT_ACCEPTED { }"}
POST /ltm/policy {"name":"/Common/y","requires":["http"],"controls":["forwarding"]}
POST /ltm/virtual {"name":"/Common/v","destination":"/Common/192.0.2.1:443","ipProtocol":"tcp","description":"x","sourceAddressTranslation":{"type":"automap"},"rules":["/Common/r"],"policies":["/Common/y"],"profiles":["/Common/http",{"name":"/Common/clientssl","context":"clientside"},{"name":"/Common/tcp","context":"clientside"},{"name":"/Common/tcp-legacy","context":"serverside"}]}
GET  /ltm/virtual/~Common~v?expandSubcollections=true`,

	"12.1.0": `
POST /ltm/monitor/tcp {"name":"/Common/m","defaultsFrom":"/Common/tcp","destination":"192.0.2.1:80","send":"x","recv":"y","interval":20,"timeUntilUp":60,"timeout":30}
GET  /ltm/monitor/tcp/~Common~m
POST /net/vlan {"name":"/Common/v"}
GET  /net/vlan/~Common~v
POST /ltm/pool {"name":"/Common/p"}
POST /net/route {"name":"/Common/r","network":"192.0.2.2/32","pool":"/Common/p","description":"x"}
GET  /net/route/~Common~r
PATCH /sys/ntp {"servers":["192.0.2.1"]}
GET  /sys/ntp`,

	"12.1.1": `
POST  /ltm/pool {"name":"/Common/p","members":["/Common/192.0.2.1:80"]}
PATCH /ltm/pool/~Common~p/members/~Common~192.0.2.1:80 {"state":"user-down"}
GET   /ltm/pool/~Common~p/members/~Common~192.0.2.1:80`,

	"12.1.2": `
POST /net/vlan {"name":"/Common/net1"}
POST /ltm/virtual {"name":"/Common/a","destination":"/Common/192.0.2.1:443","sourceAddressTranslation":{"type":"automap"}}
POST /ltm/virtual {"name":"/Common/b","destination":"/Common/192.0.2.2:443","sourceAddressTranslation":{"type":"automap"},"vlans":["/Common/net1"]}
GET  /ltm/virtual/~Common~a
GET  /ltm/virtual/~Common~b?expandSubcollections=true
GET  /ltm/virtual-address
POST /ltm/snatpool {"name":"/Common/s","members":["/Common/192.0.2.3"]}
GET  /ltm/snatpool/~Common~s
PATCH /cm/device/~Common~bigip.example.com {"multicastInterface":"eth0","unicastAddress":[{"ip":"management-ip","port":1026,"effectiveIp":"management-ip","effectivePort":1026}]}
GET  /cm/device/~Common~bigip.example.com`,

	"13.0.0": `
POST /auth/partition {"name":"foo","description":"x"}
GET  /auth/partition/foo
POST /ltm/monitor/http {"name":"/Common/m","defaultsFrom":"/Common/http","destination":"192.0.2.1:389","description":"x","recv":"y","reverse":"enabled","username":"john","password":"secret"}
GET  /ltm/monitor/http/~Common~m
POST /ltm/node {"name":"/Common/a","address":"192.0.2.1","description":"x"}
POST /ltm/node {"name":"/Common/b","fqdn":{"tmName":"www.example.com"},"description":"x","monitor":"/Common/icmp and /Common/tcp"}
POST /ltm/node {"name":"/Common/c","address":"192.0.2.3","monitor":"/Common/icmp"}
GET  /ltm/node
POST /net/vlan {"name":"/Common/net1"}
POST /ltm/pool {"name":"/Common/p"}
POST /ltm/policy {"name":"x","partition":"Common","subPath":"Drafts","requires":["http"],"controls":["forwarding"],"rules":[{"name":"foo","ordinal":0,"actions":[{"name":"0","forward":true,"select":true,"node":"192.0.2.1","snat":"disable","vlan":"/Common/net1"}],"conditions":[{"name":"0","httpUri":true,"path":true,"startsWith":true,"values":["foo"]}]}]}
POST /ltm/policy {"name":"y","partition":"Common","subPath":"Drafts","requires":["http"],"controls":["forwarding"],"rules":[{"name":"bar","ordinal":2,"actions":[{"name":"0","forward":true,"select":true,"pool":"/Common/p"}]}]}
POST /ltm/policy {"command":"publish","name":"/Common/Drafts/y"}
GET  /ltm/policy/~Common~Drafts~x/rules/foo?expandSubcollections=true
GET  /ltm/policy/~Common~y/rules/bar?expandSubcollections=true
POST /ltm/profile/client-ssl {"name":"/Common/c","defaultsFrom":"/Common/clientssl"}
GET  /ltm/profile/client-ssl/~Common~c
UPLOAD c.crt
UPLOAD c.key
POST /sys/file/ssl-cert {"name":"/Common/c.crt","sourcePath":"file:///var/config/rest/downloads/c.crt"}
POST /sys/file/ssl-key {"name":"/Common/c.key","sourcePath":"file:///var/config/rest/downloads/c.key"}
GET  /sys/file/ssl-cert/~Common~c.crt
GET  /sys/file/ssl-key/~Common~c.key
POST /ltm/monitor/https {"name":"/Common/m","defaultsFrom":"/Common/https","destination":"192.0.2.1:389","description":"x","recv":"y","username":"john","password":"secret"}
GET  /ltm/monitor/https/~Common~m
POST /ltm/monitor/udp {"name":"/Common/m","defaultsFrom":"/Common/udp","recv":"y"}
GET  /ltm/monitor/udp/~Common~m
POST /ltm/monitor/tcp-half-open {"name":"/Common/m","defaultsFrom":"/Common/tcp_half_open"}
GET  /ltm/monitor/tcp-half-open/~Common~m
POST /net/vlan {"name":"/Common/v","interfaces":[{"name":"1.2","tagged":true}]}
GET  /net/vlan/~Common~v/interfaces
POST /sys/file/ssl-cert {"name":"/Common/d.crt","sourcePath":"file:///var/config/rest/downloads/c.crt","issuerCert":"/Common/c.crt","certValidationOptions":["ocsp"]}
GET  /sys/file/ssl-cert/~Common~d.crt
GET  /cm/device-group/~Common~device_trust_group
GET  /sys/global-settings`,

	"13.1.0": `
POST /ltm/data-group/internal {"name":"/Common/d","type":"string","records":[{"name":".bmp"},{"name":".gif"}]}
GET  /ltm/data-group/internal/~Common~d
GET  /net/route-domain/~Common~0`,

	"13.1.0.4": `
GET  /ltm/profile/one-connect/~Common~oneconnect
POST /ltm/profile/tcp {"name":"/Common/t","defaultsFrom":"/Common/tcp"}
GET  /ltm/profile/tcp/~Common~t
POST /ltm/profile/udp {"name":"/Common/u","defaultsFrom":"/Common/udp"}
GET  /ltm/profile/udp/~Common~u`,

	"13.1.0.6": `
GET /ltm/profile/http/~Common~http`,

	"13.1.0.7": `
GET  /ltm/persistence/cookie/~Common~cookie
GET  /ltm/persistence/source-addr/~Common~source_addr
POST /net/tunnels/tunnel {"name":"/Common/t","description":"x","localAddress":"192.0.2.1","remoteAddress":"192.0.2.2","mtu":1000,"profile":"/Common/vxlan"}
GET  /net/tunnels/tunnel/~Common~t`,

	"13.1.0.8": `
GET  /ltm/profile/fastl4/~Common~fastL4
POST /ltm/profile/http2 {"name":"/Common/h","defaultsFrom":"/Common/http2","description":"x"}
GET  /ltm/profile/http2/~Common~h
POST /ltm/profile/server-ssl {"name":"/Common/s","defaultsFrom":"/Common/serverssl","chain":"/Common/default.crt"}
GET  /ltm/profile/server-ssl/~Common~s`,

	"14.1.2.1": `
GET /auth/partition
GET /cm/device
GET /cm/device-group
GET /cm/failover-status
GET /cm/sync-status
GET /cm/traffic-group
GET /mgmt/shared/bigip-failover-state
GET /sys/failover
GET /sys/folder
GET /sys/mcp-state
GET /sys/provision
GET /sys/ready
GET /sys/version
GET /ltm/monitor/gateway-icmp
GET /ltm/monitor/icmp
GET /ltm/monitor/tcp-half-open
GET /ltm/monitor/https
POST /ltm/monitor/http {"name":"/Common/m","defaultsFrom":"/Common/http","recv":"x"}
GET /ltm/monitor/http
POST /ltm/monitor/tcp {"name":"/Common/m","defaultsFrom":"/Common/tcp","description":"x"}
GET /ltm/monitor/tcp
GET /ltm/persistence/cookie
GET /ltm/persistence/source-addr
GET /ltm/policy-strategy
GET /ltm/profile/client-ssl
GET /ltm/profile/fastl4
POST /ltm/profile/http {"name":"/Common/h","defaultsFrom":"/Common/http","fallbackStatusCodes":["500"]}
GET /ltm/profile/http
GET /ltm/profile/http2
GET /ltm/profile/one-connect
POST /ltm/profile/server-ssl {"name":"/Common/s","defaultsFrom":"/Common/serverssl","cert":"/Common/default.crt","key":"/Common/default.key"}
GET /ltm/profile/server-ssl
GET /ltm/profile/tcp
GET /ltm/profile/udp
GET /ltm/profile/websocket
GET /ltm/snatpool
GET /ltm/snat-translation
POST /ltm/node {"name":"/Common/a","address":"192.0.2.1"}
POST /ltm/node {"name":"/Common/b","address":"192.0.2.2","description":"x","monitor":"/Common/icmp"}
GET /ltm/node
POST /ltm/pool {"name":"/Common/a"}
POST /ltm/pool {"name":"/Common/b","description":"x","monitor":"/Common/http and /Common/tcp"}
GET /ltm/pool
POST /net/vlan {"name":"/Common/Internal"}
POST /ltm/rule {"name":"/Common/r","apiAnonymous":"when CLIENT_ACCEPTED { }"}
POST /ltm/virtual {"name":"/Common/a","destination":"/Common/192.0.2.1:80","ipProtocol":"tcp","pool":"/Common/a"}
POST /ltm/virtual {"name":"/Common/b","destination":"/Common/192.0.2.2:80","ipProtocol":"tcp","pool":"/Common/b","description":"x","disabled":true,"sourceAddressTranslation":{"type":"automap"},"rules":["/Common/r"],"vlansEnabled":true,"vlans":["/Common/Internal"],"metadata":[{"name":"x","value":"y"}]}
GET /ltm/virtual
GET /ltm/virtual-address
GET /net/route-domain
POST /net/self {"name":"/Common/s","address":"192.0.2.9/24","vlan":"/Common/Internal","allowService":["default"]}
GET /net/self
GET /net/vlan
GET /ltm/monitor/udp
GET /sys/file/ssl-cert`,
}
