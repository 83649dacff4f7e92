package bigipsim_test

import (
	"testing"
)

func TestServicesMayBeWrittenByNameOnAllReleases(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"11.6.1", "12.1.2", "17.1.1"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			d := furnish(plain(t, version))
			const members = "/ltm/pool/~shop~idle/members"
			d.post(members, `{"name":"10.0.7.1:http","partition":"shop"}`)
			d.post(members, `{"name":"2001:db8::7.https","partition":"shop"}`)
			d.refused("POST", members, `{"name":"10.0.7.1:80","partition":"shop"}`, 409, "3", "01020066:3:")
			for _, name := range []string{"10.0.7.1:80", "10.0.7.1:http"} {
				d.patch(members+"/~shop~"+name, `{"ratio":3}`)
			}
			d.post("/ltm/virtual", `{"name":"named","partition":"shop","destination":"10.0.7.100:https"}`)
			d.refused("POST", "/ltm/virtual", `{"name":"again","partition":"shop","destination":"10.0.7.100:443"}`, 400, "3", "01070333:3:")
			d.post("/ltm/pool", `{"name":"named","partition":"shop","members":["10.0.7.1:snmp",{"name":"10.0.7.2:any","partition":"shop"}]}`)
			d.must("DELETE", members+"/~shop~2001:db8::7.443", "")
		})
	}
}

// Up to 11.x names are printed, from 12 on numbers (icontrol-rest 3.4, 4.1, 4.2).
func TestOnlyOldReleasesPrintTheNamesOfServices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ version, http, https, snmp string }{
		{"11.5.4", "http", "https", "snmp"}, {"11.6.1", "http", "https", "snmp"}, {"12.1.2", "80", "443", "161"}, {"17.1.1", "80", "443", "161"},
	} {
		t.Run(test.version, func(t *testing.T) {
			t.Parallel()
			d := plain(t, test.version)
			d.post("/ltm/pool", `{"name":"p","partition":"Common","members":["10.0.7.1:80","10.0.7.2:8088","10.0.7.3:0"]}`)
			const members = "/ltm/pool/~Common~p/members"
			all := d.get(members)
			for i, want := range []string{"10.0.7.1:" + test.http, "10.0.7.2:8088", "10.0.7.3:0"} {
				member := at(all, "items", i)
				self := "https://localhost/mgmt/tm" + members + "/~Common~" + want + "?ver=" + test.version
				if at(member, "name") != want || at(member, "fullPath") != "/Common/"+want || at(member, "selfLink") != self {
					t.Errorf("member %v %v %v, want %s", at(member, "name"), at(member, "fullPath"), at(member, "selfLink"), want)
				}
			}
			one := d.get(members + "/~Common~10.0.7.1:" + test.http)
			if at(one, "name") != "10.0.7.1:"+test.http {
				t.Errorf("by its name: %v", at(one, "name"))
			}
			virtual := d.post("/ltm/virtual", `{"name":"v","partition":"Common","destination":"10.0.7.100:443"}`)
			if virtual["destination"] != "/Common/10.0.7.100:"+test.https {
				t.Errorf("destination %v", virtual["destination"])
			}
			d.patch("/ltm/virtual/~Common~v", `{"destination":"`+virtual["destination"].(string)+`"}`)
			d.refused("POST", members, `{"name":"10.0.7.1:80","partition":"Common"}`, 409, "3",
				"01020066:3: The requested Pool Member (/Common/p /Common/10.0.7.1 "+test.http+") already exists in partition Common.")
			d.refused("DELETE", members+"/~Common~10.0.7.9:161", "", 404, "3",
				"01020036:3: The requested Pool Member (/Common/p /Common/10.0.7.9 "+test.snmp+") was not found.")
		})
	}
}
