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
GET  /ltm/pool/~Common~p`,

	"11.6.0": `
POST /ltm/pool {"name":"/Common/p"}
GET  /ltm/pool/~Common~p`,

	"12.0.0": `
POST /ltm/pool {"name":"/Common/p","monitor":"/Common/http and /Common/https","metadata":[{"name":"x","value":"2.4"}]}
GET  /ltm/pool/~Common~p`,

	"12.1.0": `
POST /ltm/monitor/tcp {"name":"/Common/m","defaultsFrom":"/Common/tcp","destination":"192.0.2.1:80","send":"x","recv":"y","interval":20,"timeUntilUp":60,"timeout":30}
GET  /ltm/monitor/tcp/~Common~m`,

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
GET  /ltm/virtual-address`,

	"13.0.0": `
POST /auth/partition {"name":"foo","description":"x"}
GET  /auth/partition/foo
POST /ltm/monitor/http {"name":"/Common/m","defaultsFrom":"/Common/http","destination":"192.0.2.1:389","description":"x","recv":"y","reverse":"enabled","username":"john","password":"secret"}
GET  /ltm/monitor/http/~Common~m
POST /ltm/node {"name":"/Common/a","address":"192.0.2.1","description":"x"}
POST /ltm/node {"name":"/Common/b","fqdn":{"tmName":"www.example.com"},"description":"x","monitor":"/Common/icmp and /Common/tcp"}
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
GET  /sys/file/ssl-key/~Common~c.key`,

	"13.1.0": `
POST /ltm/data-group/internal {"name":"/Common/d","type":"string","records":[{"name":".bmp"},{"name":".gif"}]}
GET  /ltm/data-group/internal/~Common~d`,

	"13.1.0.6": `
GET /ltm/profile/http/~Common~http`,

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
GET /net/route-domain`,
}
