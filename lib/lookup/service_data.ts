/**
 * The services that people name, from the IANA "Service Name and Transport Protocol Port Number
 * Registry", packed: `name port protocols [aliases]`, where t is TCP and u is UDP. Data only, read
 * by service_table.ts; the order is that of ports, and the first entry of a port is its usual name.
 *
 * @module
 */

/** 216 services. 512 to 514 mean different things over TCP and UDP, and http has no UDP. */
export const SERVICE_DATA: string = `
tcpmux 1 t;echo 7 tu;discard 9 tu sink null;systat 11 t users;daytime 13 tu;netstat 15 t;
qotd 17 tu quote;chargen 19 tu ttytst source;ftp-data 20 t;ftp 21 t;ssh 22 t;telnet 23 t;
smtp 25 t mail;time 37 tu timserver;whois 43 t nicname;tacacs 49 tu;domain 53 tu;bootps 67 u;
bootpc 68 u;tftp 69 u;gopher 70 t;finger 79 t;http 80 t www;kerberos 88 tu kerberos5 krb5;
iso-tsap 102 t tsap;acr-nema 104 t;rtelnet 107 t;pop2 109 t postoffice;pop3 110 t pop-3;
sunrpc 111 tu portmapper;auth 113 t authentication tap ident;sftp 115 t;nntp 119 t readnews untp;
ntp 123 u;epmap 135 tu loc-srv;netbios-ns 137 tu;netbios-dgm 138 tu;netbios-ssn 139 tu;
imap2 143 t imap;snmp 161 tu;snmp-trap 162 tu snmptrap;cmip-man 163 tu;cmip-agent 164 tu;
mailq 174 t;xdmcp 177 u;bgp 179 t;irc 194 tu;smux 199 t;qmtp 209 t;z3950 210 t wais;ipx 213 u;
ptp-event 319 u;ptp-general 320 u;pawserv 345 t;zserv 346 t;rpc2portmap 369 tu;codaauth2 370 tu;
clearcase 371 u;ldap 389 tu;svrloc 427 tu;https 443 tu;snpp 444 t;microsoft-ds 445 tu;
kpasswd 464 tu;submissions 465 t ssmtp smtps urd;saft 487 t;isakmp 500 u;mbap 502 tu modbus;
exec 512 t;biff 512 u comsat;login 513 t;who 513 u whod;shell 514 t cmd;syslog 514 u;
printer 515 t spooler;talk 517 u;ntalk 518 u;route 520 u router routed;ripng 521 u;
timed 525 u timeserver;gdomap 538 tu;uucp 540 t uucpd;klogin 543 t;kshell 544 t krcmd;
dhcpv6-client 546 u;dhcpv6-server 547 u;afpovertcp 548 t;rtsp 554 tu;nntps 563 t snntp;
submission 587 t;nqs 607 t;asf-rmcp 623 u;ipp 631 tu;ldaps 636 tu;ldp 646 tu;olsr 698 u;
kerberos-adm 749 tu;domain-s 853 tu;iscsi 860 t;rsync 873 t;ftps-data 989 t;ftps 990 t;
telnets 992 t;imaps 993 t;pop3s 995 t;socks 1080 tu;proofd 1093 t;rootd 1094 t;rmiregistry 1099 t;
openvpn 1194 tu;lotusnote 1352 t lotusnotes;ms-sql-s 1433 t;ms-sql-m 1434 u;
datametrics 1645 tu old-radius;sa-msg-port 1646 tu old-radacct;l2f 1701 u l2tp;pptp 1723 t;
radius 1812 tu;radius-acct 1813 tu radacct;mqtt 1883 tu;ssdp 1900 u;hsrp 1985 u;cisco-sccp 2000 t;
nfs 2049 tu;gnunet 2086 tu;gris 2135 t;docker 2375 t;docker-s 2376 t;etcd-client 2379 t;
etcd-server 2380 t;cvspserver 2401 t;venus 2430 tu;redwood-chat 3032 t;gds-db 3050 t gds_db;
ndl-aas 3128 t;iscsi-target 3260 t;msft-gc 3268 t;msft-gc-ssl 3269 t;mysql 3306 t;
ms-wbt-server 3389 tu;stun 3478 tu turn;nut 3493 tu;svn 3690 tu subversion;epmd 4369 t;
ipsec-nat-t 4500 u;iax 4569 u;mtn 4691 t;vxlan 4789 u;radmin-port 4899 t;munin 4949 t lrrd;
sip 5060 tu;sip-tls 5061 tu;xmpp-client 5222 t jabber-client;capwap-control 5246 u;
capwap-data 5247 u;xmpp-server 5269 t jabber-server;cfengine 5308 t;stuns 5349 tu turns;
mdns 5353 u;llmnr 5355 tu;postgresql 5432 t postgres;freeciv 5556 t;nrpe 5666 t;nsca 5667 t;
amqps 5671 t;amqp 5672 t;coap 5683 tu;coaps 5684 tu;rfb 5900 t vnc-server;couchdb 5984 t;
wsman 5985 t;wsmans 5986 t;x11 6000 t x11-0;x11-1 6001 t;geneve 6081 u;gnutella-svc 6346 tu;
gnutella-rtr 6347 tu;redis 6379 t;sge-qmaster 6444 t;sge-execd 6445 t;mysql-proxy 6446 t;
syslog-tls 6514 tu;babel 6696 u;ircs-u 6697 t;afs3-fileserver 7000 u;afs3-callback 7001 u;
font-service 7100 t xfs;gnunet-dht 7777 t;http-alt 8080 t webcache;puppet 8140 t;bitcoin 8333 t;
pcsync-https 8443 t;matrix-fed 8448 t;secure-mqtt 8883 t;cslistener 9000 t;websm 9090 tu;
pdl-datastream 9100 t jetdirect;bacula-dir 9101 t;bacula-fd 9102 t;bacula-sd 9103 t;git 9418 t;
xmms2 9667 t;zabbix-agent 10050 t;zabbix-trapper 10051 t;amanda 10080 t;nbd 10809 t;dicom 11112 t;
memcache 11211 tu;hkp 11371 t;sgi-cad 17004 t;db-lsp 17500 t;rpc-nfs-rdma 20049 tu nfsrdma;
dcap 22125 t;gsidcap 22128 t;wnn6 22273 t;mongodb 27017 t;`;
