# Pushes signals over the notifier's local socket in plain Perl, as an integrator without our package would
# (docs/operate/notices.md): perl push.pl SOCKET SOURCE SUBJECT CODE STATE…   Prints each answer's last word.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($path, $source, $subject, $code, @states) = @ARGV;
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "no notifier at $path: $!\n";

sub text { my ($word) = @_; return pack("C/a*", $word) =~ s/^(.)/pack("CC", 0xd9, ord $1)/ser; }    # MessagePack str 8

for my $state (@states) {
    my $signal = "\x93" . text($source) . text($subject) . text($code);
    my $body = "\x83" . text("t") . text("signal") . text("version") . "\x01" . text("signal")
        . "\x95" . $signal . text($state) . "\x80" . "\xc0" . "\x01";
    print {$socket} pack("N/a*", $body);
    $socket->flush;
    read($socket, my $head, 4) == 4 or die "the notifier hung up\n";
    read($socket, my $answer, unpack("N", $head));
    print $answer =~ /refused[^\xc0]/ ? "refused\n" : "taken\n";
}
