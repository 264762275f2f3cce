@echo off
rem Makes the agent a service of Windows. Run as an administrator, once the PC is enrolled:
rem     agent-service.cmd C:\Path\To\pythonw.exe
rem It starts with Windows, and again ten seconds after a failure.
if "%~1"=="" (
    echo usage: agent-service.cmd PATH-TO-PYTHONW
    exit /b 2
)
sc create BenchsideAgent binPath= "\"%~1\" -I -m benchside agent --state \"%ProgramData%\Benchside\agent\" run" start= auto DisplayName= "Benchside agent" || exit /b 1
sc description BenchsideAgent "Keeps this instrument PC in contact with its support, which the lab starts and approves."
sc failure BenchsideAgent reset= 86400 actions= restart/10000/restart/10000/restart/60000
net start BenchsideAgent
